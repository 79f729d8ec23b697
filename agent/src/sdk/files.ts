/** Files and folders as results: they pass from task to task by reference, with size and digest, and are kept in the store. */
import { createHash } from "node:crypto";
import {
	chmodSync,
	closeSync,
	copyFileSync,
	existsSync,
	fsyncSync,
	linkSync,
	mkdirSync,
	openSync,
	readdirSync,
	readSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { NotStorable, StoreError } from "./failures.ts";
import { type Kept, type Store, sha } from "./store.ts";

const PIECE = 1 << 20;

function digestOfFile(path: string): string {
	const hash = createHash("sha256");
	const piece = Buffer.alloc(PIECE);
	const fd = openSync(path, "r");
	try {
		for (let got = readSync(fd, piece); got > 0; got = readSync(fd, piece)) hash.update(piece.subarray(0, got));
	} finally {
		closeSync(fd);
	}
	return hash.digest("hex");
}

/** What File, Model and Dir have in common. When the task ends its content goes to the run's store, so that a run that goes on later, elsewhere, has it. */
export abstract class FileResult {
	/** Where it lies, absolute. */
	readonly path: string;
	/** Bytes. */
	readonly size: number;
	/** SHA-256 of the content, hexadecimal; of a folder, of its list of files. */
	readonly digest: string;

	/** @internal */
	protected constructor(path: string, size: number, digest: string) {
		this.path = path;
		this.size = size;
		this.digest = digest;
	}

	/** Its path, so that it can stand where a path is meant: `readFileSync(String(file))`. */
	toString(): string {
		return this.path;
	}
}

interface Known {
	size: number;
	digest: string;
}

/** A file that a task made: `return new File("model.bin")`. Throws where there is no such file. */
export class File extends FileResult {
	constructor(path: string, known?: Known) {
		const whole = resolve(path);
		if (!known && !statSync(whole, { throwIfNoEntry: false })?.isFile()) throw new Error(`there is no such file to return: ${whole}`);
		super(whole, known?.size ?? statSync(whole).size, known?.digest ?? digestOfFile(whole));
	}
}

/** A file that holds a trained model; as File, told apart where results are shown. */
export class Model extends File {}

/** A folder that a task made, with all that lies in it. */
export class Dir extends FileResult {
	/** Digests of its files by their paths in it. */
	readonly files: Readonly<Record<string, string>>;

	constructor(path: string, known?: Known & { files: Record<string, string> }) {
		const whole = resolve(path);
		if (!known && !statSync(whole, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`there is no such folder to return: ${whole}`);
		const found = known ? [] : readdirSync(whole, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
		const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
		const files = known?.files ?? Object.fromEntries(paths.map((each) => [relative(whole, each), digestOfFile(each)]));
		const size = known?.size ?? paths.reduce((sum, each) => sum + statSync(each).size, 0);
		super(whole, size, known?.digest ?? sha(JSON.stringify(files)));
		this.files = files;
	}
}

/** Throws NotStorable, StoreError. */
export function keepFile(store: Store, value: FileResult): Kept {
	if (!existsSync(value.path)) throw new NotStorable(`${value.path}, which it returned, is not there any more`);
	const told = { size: value.size, name: basename(value.path) };
	if (value instanceof Dir) {
		for (const [name, digest] of Object.entries(value.files)) copyIn(store, join(value.path, name), digest);
		return { codec: "dir", files: value.files as Record<string, string>, digest: value.digest, type: "tidegate.Dir", ...told };
	}
	copyIn(store, value.path, value.digest);
	return { codec: "file", object: value.digest, type: value instanceof Model ? "tidegate.Model" : "tidegate.File", ...told };
}

/** The file or folder of a checkpoint, in a folder of links to the store. Throws StoreError. */
export function restoreFile(store: Store, kept: Kept): FileResult {
	const name = String(kept.name);
	if (kept.codec === "file") {
		const digest = String(kept.object);
		const folder = linked(store, digest, { [name]: digest }, name);
		return new (kept.type === "tidegate.Model" ? Model : File)(join(folder, name), { size: kept.size, digest });
	}
	const [digest, files] = [String(kept.digest), kept.files ?? {}];
	return new Dir(linked(store, digest, files, name), { size: kept.size, digest, files });
}

/** A folder in which the contents have their names again. */
function linked(store: Store, digest: string, files: Record<string, string>, what: string): string {
	const folder = join(store.path, "views", digest.slice(0, 2), digest);
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	for (const [name, content] of Object.entries(files)) {
		const [path, source] = [join(folder, name), store.object(content)];
		if (!existsSync(source))
			throw new StoreError(`${what}, a result that was kept as ${source}, is not there any more: what made it has to run again (--from that task)`);
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		try {
			linkSync(source, path);
		} catch (problem) {
			if ((problem as NodeJS.ErrnoException).code !== "EEXIST") copyFileSync(source, path);
		}
	}
	return folder;
}

/** Brings a file's content into the store, never a half of it. */
function copyIn(store: Store, source: string, digest: string): void {
	const target = store.object(digest);
	if (existsSync(target)) return;
	const draft = `${target}.${process.pid}.new`;
	try {
		mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
		copyFileSync(source, draft);
		if (digestOfFile(draft) !== digest) throw new NotStorable(`${source} was changed while it was stored: write it, close it, and return it then`);
		chmodSync(draft, 0o400);
		const fd = openSync(draft, "r");
		fsyncSync(fd);
		closeSync(fd);
		renameSync(draft, target);
	} catch (problem) {
		if (problem instanceof NotStorable) throw problem;
		throw store.failed(problem);
	} finally {
		rmSync(draft, { force: true });
	}
}
