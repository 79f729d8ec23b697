export const chip = "inline-flex h-6 max-w-48 items-center rounded-md border border-line px-1.5 text-quiet text-small";
export const CLEAR = "Tags are stored in the clear: the server reads and filters by them without a key";
