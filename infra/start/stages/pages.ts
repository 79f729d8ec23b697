// What a running server answers with. A later build, that of an `npm test` beside it, takes away what was built before.
import fs from "node:fs";
import path from "node:path";
import { alone } from "../../alone.mjs";
import { localDir, root } from "../../config.mjs";
import { identify, isAlive } from "../../identity.mjs";

/** What the build alone reads. */
const LEFT_OUT = ["cache", "build", "types", "diagnostics"];

/** @returns a folder with the pages as they are built now, which stays for as long as this process lives. */
export function keepPages(built = path.join(root, "web", ".next"), all = path.join(localDir, "pages")): Promise<string> {
	return alone("build", async () => {
		const id = fs.readFileSync(path.join(built, "BUILD_ID"), "utf8").trim();
		fs.mkdirSync(all, { recursive: true });
		for (const name of fs.readdirSync(all))
			if (name !== id && !isUsed(path.join(all, name))) fs.rmSync(path.join(all, name), { recursive: true, force: true });
		const kept = path.join(all, id);
		if (!fs.existsSync(kept)) {
			await fs.promises.cp(built, `${kept}.new`, { recursive: true, filter: (source) => !LEFT_OUT.includes(path.relative(built, source)) });
			fs.renameSync(`${kept}.new`, kept);
		}
		fs.mkdirSync(path.join(kept, "owners"), { recursive: true });
		fs.writeFileSync(path.join(kept, "owners", String(process.pid)), JSON.stringify(identify(process.pid)));
		return kept;
	});
}

function isUsed(kept: string): boolean {
	const owners = path.join(kept, "owners");
	if (!fs.existsSync(owners)) return false;
	return fs.readdirSync(owners).some((owner) => {
		try {
			return isAlive(JSON.parse(fs.readFileSync(path.join(owners, owner), "utf8")));
		} catch {
			return false;
		}
	});
}
