/** Where ELK's worker lies: in a module of its own, since a bundler that sees `new Worker` beside its path reads and minifies its megabyte once more. */
export const ELK_WORKER = new URL("elkjs/lib/elk-worker.min.js", import.meta.url);
