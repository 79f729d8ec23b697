import { Argument } from "commander";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { ago, duration, print, printJson, stateColour, stateText, table } from "../output.ts";

const define: Define = (command, session) => {
	command
		.option("--tag <tag>", "only flows that have the tag; may be given several times", (tag: string, before: string[] = []) => [...before, tag])
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate flows", "tidegate flows --tag nightly", "tidegate flows tag penguins add nightly"))
		.action(async (options: { tag?: string[]; json?: boolean }) => {
			const all = (await session.api.flows.list.query({})).flows;
			const flows = all.filter((flow) => (options.tag ?? []).every((tag) => flow.tags.includes(tag)));
			if (options.json) return printJson(flows);
			const rows = flows.map((flow) => ({ ...flow, last: flow.recent[0], ended: flow.succeeded + flow.failed }));
			table(
				rows,
				[
					{ title: "FLOW", value: (row) => row.name },
					{ title: "LIVE", value: (row) => row.live && `v${row.live.number}` },
					{
						title: "LAST RUN",
						value: (row) => row.last && stateText(row.last.state),
						colour: (text, row) => stateColour(text, row.last?.state ?? ""),
					},
					{ title: "WHEN", value: (row) => row.last && ago(row.last.queuedAt) },
					// Of those that ended by themselves among the last hundred, as on the page of flows.
					{ title: "SUCCEEDED", value: (row) => (row.ended > 0 ? `${row.succeeded} of ${row.ended}` : null), right: true },
					{ title: "MEDIAN", value: (row) => (row.median === null ? null : duration(row.median)), right: true },
					{ title: "TAGS", value: (row) => row.tags.join(", ") },
				],
				all.length > 0 ? "no flow has this tag." : "no flows yet: tidegate deploy makes one of a folder or a file.",
			);
		});

	command
		.command("tag")
		.description("show, add or remove the tags of a flow, which are stored in the clear")
		.argument("<flow>", "name of the flow")
		.addArgument(new Argument("[what]", "what to do").choices(["add", "remove"]))
		.argument("[tags...]", "the tags")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			example("tidegate flows tag penguins", "tidegate flows tag penguins add nightly birds", "tidegate flows tag penguins remove birds"),
		)
		.action(async (flow: string, what: "add" | "remove" | undefined, words: string[], options: { json?: boolean }) => {
			let { tags } = await session.api.flows.get.query({ flow });
			if (what === "add") tags = [...tags, ...words];
			if (what === "remove") tags = tags.filter((tag) => !words.includes(tag));
			if (what) ({ tags } = await session.api.flows.setTags.mutate({ flow, tags }));
			if (options.json) return printJson({ flow, tags });
			for (const tag of tags) print(tag);
		});
};
export default define;
