import { expect, test } from "vitest";
import { Log } from "./log.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

/** Node has none of a browser's workers. The page's end of one, whose answers come when they are told to. */
class Channel {
	static made: Channel;
	readonly said: ToWorker[] = [];
	onmessage: ((event: { data: FromWorker }) => void) | undefined;
	constructor() {
		Channel.made = this;
	}
	postMessage(message: ToWorker): void {
		this.said.push(message);
	}
}

test("a line that was asked for twice as it was being read is found by the second answer, whatever the first one was", async () => {
	Object.assign(globalThis, { Worker: Channel });
	const log = new Log("ada", "kid", { workspace: "w", flow: "f", number: 1, run: "r" });
	const sought = { line: "1.out.7" };
	const [early, late] = [log.find(sought), log.find(sought)];
	expect(Channel.made.said.filter((message) => message.do === "find")).toHaveLength(2);
	for (const at of [undefined, 7]) Channel.made.onmessage?.({ data: { is: "found", version: 0, sought, at } });
	expect([await early, await late]).toEqual([undefined, 7]);
});
