// A Python package made here, so that environments are built without a network: a wheel is a zip of a few files.
import fs from "node:fs";
import path from "node:path";
import { run } from "../../command.ts";
import { childEnv } from "../../config.mjs";

const MAKE = `
import base64, hashlib, sys, zipfile
folder, name, version = sys.argv[1:]
info = f"{name}-{version}.dist-info"
files = {
    f"{name}.py": f"VERSION = {version!r}\\n",
    f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: proof\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
record = "".join(f"{path},sha256={digest(text)},{len(text)}\\n" for path, text in files.items())
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    for path, text in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\\n"}.items():
        wheel.writestr(path, text)
`;

/** Puts a wheel into `folder`; its one module says its VERSION. */
export async function makeWheel(folder: string, name: string, version: string): Promise<void> {
	fs.mkdirSync(folder, { recursive: true });
	const { code, output } = await run("python3", ["-c", MAKE, folder, name, version], childEnv());
	if (code !== 0) throw new Error(`the wheel ${path.join(folder, name)} could not be made:\n${output}`);
}
