/** What becomes of a sample that is not simply stored: the answer to a C-STORE, and the line beside the set-aside file. */
export interface SampleOutcome {
  /** `no object`: nothing tells what it is, so no modality could send it; `not-accepted`: no context for its class. */
  readonly network: string;
  readonly folder: RegExp;
}

const cut: SampleOutcome = { network: 'C000 Dataset ends too early', folder: /ends too early/ };
/** Its dataset names neither instance nor study, whatever its file header claims. */
const nameless: SampleOutcome = {
  network: 'C000 Dataset cannot be read',
  folder: /names neither an instance nor a study/,
};
const foreign: SampleOutcome = { network: 'no object', folder: /has no preamble with DICM/ };
const noHeader: SampleOutcome = { network: 'no object', folder: /group 0002 is damaged or cut/ };
const noSyntax: SampleOutcome = { network: 'no object', folder: /names no transfer syntax/ };
const noInstance: SampleOutcome = {
  network: 'no object',
  folder: /names no legal SOP class or instance/,
};
const index: SampleOutcome = { network: 'not-accepted', folder: /index of a medium/ };
/** Named as on a medium: it is gone once its medium is taken. */
const indexOfTree: SampleOutcome = { network: 'not-accepted', folder: /^$/ };

/** Every sample that is not here is stored byte for byte, by both ways. */
export const sampleOutcomes: Readonly<Record<string, SampleOutcome>> = {
  /** A private class that is on no list. */
  'broken/GH220.dcm': { network: 'not-accepted', folder: /class \(1\.3\.46\.670589\.5\.0\.1\.1\)/ },
  'broken/MR_truncated.dcm': cut,
  'broken/own-cut-in-pixeldata.dcm': cut,
  'broken/own-lying-length.dcm': cut,
  'broken/rtplan_truncated.dcm': cut,
  'broken/UN_sequence.dcm': nameless,
  'broken/bad_sequence.dcm': nameless,
  'broken/no_meta_group_length.dcm': nameless,
  'broken/priv_SQ.dcm': nameless,
  'charsets/chrSQEncoding.dcm': nameless,
  'charsets/chrSQEncoding1.dcm': nameless,
  'broken/own-cut-in-file-meta.dcm': noHeader,
  'broken/meta_missing_tsyntax.dcm': noSyntax,
  'broken/own-preamble-only.dcm': noSyntax,
  'broken/nested_priv_SQ.dcm': noInstance,
  'broken/own-illegal-uid-path-chars.dcm': noInstance,
  'charsets/empty_charset_LEI.dcm': noInstance,
  /** A stray byte in front: guessing what belongs to a dataset would change what its digest is of. */
  'broken/no_meta.dcm': foreign,
  'broken/own-132-zeros.dcm': foreign,
  'broken/own-plain.pdf': foreign,
  'broken/own-random-noise.dcm': foreign,
  'broken/own-readme.txt': foreign,
  'broken/own-zero-bytes.dcm': foreign,
  'broken/own-zlib-of-dicom.dcm': foreign,
  'media-fileset/README.txt': foreign,
  'media-fileset/TINY_ALPHA/README': foreign,
  /** Group 0002 and pixels, and no word of an instance or a study. */
  'syntaxes/rgb-1.2.840.10008.1.2.4.80-JPEGLSSampleInterleaved.dcm': foreign,
  'media-fileset/DICOMDIR': indexOfTree,
  'media-fileset/TINY_ALPHA/DICOMDIR': indexOfTree,
  'media-fileset/DICOMDIR-bigEnd': index,
  'media-fileset/DICOMDIR-empty.dcm': index,
  'media-fileset/DICOMDIR-implicit': index,
  'media-fileset/DICOMDIR-nooffset': index,
  'media-fileset/DICOMDIR-nopatient': index,
  'media-fileset/DICOMDIR-reordered': index,
};
