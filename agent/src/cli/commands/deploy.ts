import { type Deployed, deploy } from "../../bundle/deploy.ts";
import { size } from "../../bundle/problem.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { colours, duration, note, print, printJson, progress, progressEnd } from "../output.ts";

const define: Define = (command, session) => {
	command
		.argument("[path]", "a folder, or one file in Python or TypeScript, which is then deployed alone", ".")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
A folder is deployed with every file that .gitignore and .tidegateignore do not leave out. Its flows are found by
reading the sources (in TypeScript: by importing the files that export one); each gets a version of its own, which is then live. Only content that the control plane does
not have yet is sent, sealed. tidegate.yaml may say more: name, flows, requirements, include, exclude, python.
${example("tidegate deploy", "tidegate deploy flows/train.py", "tidegate deploy --json | jq -r '.[].number'")}`,
		)
		.action(async (path: string, options: { json?: boolean }) => {
			const started = performance.now();
			const { home, settings, api } = session;
			const onNote = (text: string): void => {
				progressEnd();
				note(`! ${text}`);
			};
			const done = await deploy({ path, home, connection: settings, api, key: session.key(), onStage: progress, onNote }).finally(progressEnd);
			const ms = performance.now() - started;
			if (options.json) return printJson(done.map((each) => ({ ...each, seconds: Number((ms / 1000).toFixed(3)) })));
			for (const each of done) {
				print(sentence(each, ms));
				if (each.replaces !== undefined)
					print(
						`! ${each.flow} was deployed before from another project, ${each.replaces}: this takes its place. To go back: tidegate versions ${each.flow} --live NUMBER`,
					);
			}
		});
};

function sentence(done: Deployed, ms: number): string {
	const name = colours.bold(`${done.flow} v${done.number}`);
	const what = `${done.files} ${done.files === 1 ? "file" : "files"}, ${size(done.size)}`;
	if (done.unchanged) return `${name} is unchanged: ${what}, nothing sent, ${duration(ms)}`;
	return `${name} is live: ${what}, ${size(done.uploaded)} sent, ${duration(ms)}`;
}
export default define;
