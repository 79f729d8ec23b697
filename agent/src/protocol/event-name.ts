/** An event as people read it: which word is its name and which its key. */
export const eventName = ({ name, key }: { name: string; key: string }): string => `event ${name}${key === "" ? "" : ` with key ${key}`}`;
