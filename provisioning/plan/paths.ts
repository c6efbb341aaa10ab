/** Where the absolute `path` is when `root` is taken as the top of the file system. */
export function below(root: string, path: string): string {
  return root === '/' ? path : `${root}${path}`;
}
