/** What runs told, opened with the workspace key, as a browser does. */
import { openArtifact, openArtifactPiece, openError, openFinish, openResult, openSegment, openTask } from "../../protocol/open.ts";
import type { WorkspaceKey } from "../../protocol/seal.ts";
import type { AgentEvent } from "../../protocol/wire.ts";
import type { RunRecord } from "./deployed.ts";

export abstract class Opened {
	key!: WorkspaceKey;

	/** The stream's whole content, opened; throws where a piece is missing. */
	async stream(record: RunRecord, name: string): Promise<string> {
		const pieces = record.pieces.filter((piece) => piece.stream === name);
		const { execution } = record.assignment;
		let at = 0;
		const contents: Buffer[] = [];
		for (const { start, end, sealed } of pieces) {
			if (start !== at) throw new Error(`${name} has a gap: ${at} to ${start}`);
			const artifact = name.startsWith("artifact.") ? name.slice(9) : null;
			contents.push(
				Buffer.from(
					artifact
						? await openArtifactPiece(this.key, record.place, execution, artifact, start, sealed)
						: await openSegment(this.key, record.place, execution, name, start, sealed),
				),
			);
			at = end;
		}
		return Buffer.concat(contents).toString("utf8");
	}

	/** All log messages, the agent's own aside, in the order of their streams. */
	async messages(record: RunRecord, own = false): Promise<string[]> {
		const names = [...new Set(record.pieces.map(({ stream }) => stream))].filter((name) => name.startsWith("log.") && (name === "log.agent") === own);
		const lines = (await Promise.all(names.map((name) => this.stream(record, name)))).join("").split("\n").filter(Boolean);
		return lines.map((line) => JSON.parse(line).m as string);
	}

	async result(record: RunRecord): Promise<unknown> {
		const sealed = record.events.find(({ event }) => event.type === "result")?.sealed;
		return sealed ? (await openResult(this.key, record.place, record.assignment.execution, sealed)).json : undefined;
	}

	async error(record: RunRecord) {
		const sealed = record.events.find(({ event }) => event.type === "error")?.sealed;
		return sealed ? openError(this.key, record.place, record.assignment.execution, sealed) : undefined;
	}

	/** What is inside an event. */
	async content(record: RunRecord, event: AgentEvent, sealed: Uint8Array | null): Promise<unknown> {
		if (!sealed) return null;
		const { execution } = record.assignment;
		if (event.type === "task") return openTask(this.key, record.place, event.task, sealed);
		if (event.type === "artifact") return openArtifact(this.key, record.place, event.id, sealed);
		return event.type === "result" ? openResult(this.key, record.place, execution, sealed) : openError(this.key, record.place, execution, sealed);
	}

	async finish(record: RunRecord) {
		return openFinish(this.key, record.place, record.assignment.execution, record.finishSealed as Uint8Array);
	}
}
