/** One question of the interactive setup; `key` is the path in the answers. */
export interface Question {
  readonly key: string;
  readonly text: string;
  readonly preset?: string;
  readonly type?: 'number' | 'list';
}

const network: readonly Question[] = [
  { key: 'network.lan', text: 'Subnet of the local network, as 192.0.2.0/24', type: 'list' },
  { key: 'network.ssh', text: 'SSH from that network (off or lan)', preset: 'off' },
];

const box: readonly Question[] = [
  { key: 'site.name', text: 'Name of the clinic' },
  { key: 'site.code', text: 'Site code, as on the card' },
  { key: 'site.box', text: 'Name of this box', preset: 'imaging box 01' },
  { key: 'dicom.aeTitle', text: 'AE title of the box', preset: 'OUTPOST' },
  { key: 'dicom.port', text: 'DICOM port of the box', preset: '11112', type: 'number' },
  { key: 'modalities.0.name', text: 'First modality: name' },
  { key: 'modalities.0.aeTitle', text: 'First modality: AE title' },
  {
    key: 'modalities.0.address',
    text: 'First modality: address, empty when it changes',
    preset: '',
  },
  {
    key: 'pairing.folder',
    text: 'Folder with card.txt and center.keys, empty for later',
    preset: '',
  },
];

const center: readonly Question[] = [
  { key: 'center.name', text: 'Name of the reading center' },
  { key: 'center.phone', text: 'Phone number of the center' },
  { key: 'center.reader.name', text: 'Who signs off reports that come without a name' },
  { key: 'center.reader.registerNo', text: 'Number of that reader in the medical register' },
  { key: 'center.delivery.host', text: 'Address of the PACS' },
  { key: 'center.delivery.port', text: 'Port of the PACS', preset: '104', type: 'number' },
  { key: 'center.delivery.calledAeTitle', text: 'AE title of the PACS' },
  { key: 'center.rootKeyFolder', text: 'Folder for the root key: a stick that you take away' },
  { key: 'relay.id', text: 'Short name of the relay', preset: 'relay-1' },
  { key: 'relay.url', text: 'Address of the relay for boxes, as https://HOST:8443' },
  { key: 'relay.port', text: 'Port the relay listens on here', preset: '8443', type: 'number' },
];

export const roleQuestion: Question = {
  key: 'role',
  text: 'What is this machine: box, center or all-in-one',
  preset: 'box',
};

/** The questions of a role, in the order in which they are asked. */
export function questionsOf(role: string): readonly Question[] {
  return [...(role === 'center' ? [] : box), ...(role === 'box' ? [] : center), ...network];
}

/** Typed lines by key as the answers file they stand for; an empty line is an absent key. */
export function answersText(role: string, typed: ReadonlyMap<string, string>): string {
  const answers: Tree = { format: 1, role };
  for (const { key, type } of questionsOf(role)) {
    const text = typed.get(key)?.trim() ?? '';
    if (text === '') continue;
    put(answers, key.split('.'), typedValue(text, type));
  }
  return JSON.stringify(answers, (_key, value) =>
    isNumbered(value) ? Object.values(value) : value,
  );
}

interface Tree {
  [key: string]: unknown;
}

function typedValue(text: string, type: Question['type']): unknown {
  if (type === 'list') return text.split(/[\s,]+/);
  return type === 'number' && /^\d+$/.test(text) ? Number(text) : text;
}

function put(tree: Tree, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const below = tree[key];
  const next: Tree = isTree(below) ? below : {};
  tree[key] = next;
  put(next, rest, value);
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `modalities.0.name` made an object with the key 0; it stands for a list. */
function isNumbered(value: unknown): value is Tree {
  return (
    isTree(value) &&
    Object.keys(value).length > 0 &&
    Object.keys(value).every((key) => /^\d+$/.test(key))
  );
}
