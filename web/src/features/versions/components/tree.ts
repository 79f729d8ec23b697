/** Paths as the folders that they lie in. Pure. */

export interface Folder {
	name: string;
	path: string;
	folders: Folder[];
	files: string[];
}

/** Folders first, each by name. */
export function treeOf(paths: Iterable<string>): Folder {
	const root: Folder = { name: "", path: "", folders: [], files: [] };
	const known = new Map<string, Folder>([["", root]]);
	const folderOf = (path: string): Folder => {
		const there = known.get(path);
		if (there) return there;
		const cut = path.lastIndexOf("/");
		const folder: Folder = { name: path.slice(cut + 1), path, folders: [], files: [] };
		known.set(path, folder);
		folderOf(path.slice(0, Math.max(0, cut))).folders.push(folder);
		return folder;
	};
	for (const path of paths) folderOf(path.slice(0, Math.max(0, path.lastIndexOf("/")))).files.push(path);
	for (const folder of known.values()) {
		folder.folders.sort((a, b) => (a.name < b.name ? -1 : 1));
		folder.files.sort();
	}
	return root;
}
