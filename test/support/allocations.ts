import { Buffer } from 'node:buffer';

/** How much memory for bytes the code under test asked for. */
export interface Allocations {
  /** Since the last reset. */
  readonly sizeBytes: number;
  reset(): void;
  /** Puts the constructors back. */
  stop(): void;
}

/**
 * Counts the bytes of every `Uint8Array`, `ArrayBuffer` and `Buffer.alloc` made from now on. Views of memory that
 * exists count nothing; what native code makes (zlib) is not seen: its limits have tests of their own.
 */
export function watchAllocations(): Allocations {
  let sizeBytes = 0;
  const { Uint8Array: Bytes, ArrayBuffer: Memory } = globalThis;
  const { alloc, allocUnsafe } = Buffer;
  const counting = <C extends Bytes | Memory>(original: C): C => {
    const proxy: C = new Proxy(original, {
      construct(target, args: readonly unknown[], newTarget) {
        const made = Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
        if (!(args[0] instanceof Memory)) sizeBytes += made.byteLength;
        return made;
      },
    });
    return proxy;
  };
  globalThis.Uint8Array = counting(Bytes);
  globalThis.ArrayBuffer = counting(Memory);
  Buffer.alloc = (size, ...rest) => {
    sizeBytes += size;
    return alloc.call(Buffer, size, ...rest);
  };
  Buffer.allocUnsafe = (size) => {
    sizeBytes += size;
    return allocUnsafe.call(Buffer, size);
  };
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    reset() {
      sizeBytes = 0;
    },
    stop() {
      globalThis.Uint8Array = Bytes;
      globalThis.ArrayBuffer = Memory;
      Buffer.alloc = alloc;
      Buffer.allocUnsafe = allocUnsafe;
    },
  };
}

type Bytes = typeof Uint8Array;
type Memory = typeof ArrayBuffer;
