/** Why a file or folder could not be read or made, in words for people; the system's own where there are none. */
export function diskWords(error: unknown): string {
	const { code = "", message } = error as NodeJS.ErrnoException;
	return WORDS[code] ?? message;
}

const WORDS: Record<string, string> = {
	EACCES: "you have no permission to",
	EPERM: "you have no permission to",
	ENOENT: "it is not there",
	ENOTDIR: "a part of the path is a file, not a folder",
	EISDIR: "it is a folder, not a file",
	EROFS: "it lies on a file system that can only be read",
	ENOSPC: "the disk is full",
	ELOOP: "its symlinks lead back to themselves",
	ENAMETOOLONG: "the path is too long",
};
