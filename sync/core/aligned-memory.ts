const wasmPageSizeBytes = 65_536;
/** Of the platform; the types of Node and of the language leave it to those of browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/**
 * Memory that a disk can read and write without the page cache: it starts at a multiple of the page size, which
 * JavaScript promises of no other buffer than the memory of WebAssembly.
 */
export function alignedMemory(sizeBytes: number): Uint8Array {
  const memory = new WebAssembly.Memory({ initial: Math.ceil(sizeBytes / wasmPageSizeBytes) });
  return new Uint8Array(memory.buffer, 0, sizeBytes);
}
