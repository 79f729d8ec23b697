import {
	AnswerContent,
	ArtifactContent,
	ErrorContent,
	FinishContent,
	FromContent,
	LogRecord,
	MarkContent,
	ResultContent,
	TaskContent,
	WaitContent,
} from "tidegate/protocol/content.ts";
import { Manifest } from "tidegate/protocol/manifest.ts";
import * as wire from "tidegate/protocol/wire.ts";
import type { z } from "zod";
import { reachable } from "../../../ui/reachable.ts";
import { fieldsOf } from "./fields.ts";

const MESSAGES: [string, z.ZodType, z.ZodType][] = [
	["enrol", wire.EnrolRequest, wire.EnrolAnswer],
	["token", wire.TokenRequest, wire.TokenAnswer],
	["poll", wire.PollRequest, wire.PollAnswer],
	["report", wire.ReportRequest, wire.ReportAnswer],
	["version", wire.VersionRequest, wire.VersionAnswer],
	["lock", wire.LockRequest, wire.LockAnswer],
	["chunks", wire.ChunksRequest, wire.ChunksAnswer],
	["answers", wire.AnswersRequest, wire.AnswersAnswer],
	["settings", wire.SettingsRequest, wire.SettingsAnswer],
	["result", wire.ResultRequest, wire.ResultAnswer],
	["target", wire.TargetRequest, wire.TargetAnswer],
	["child", wire.ChildRequest, wire.ChildAnswer],
];

const CONTENTS: [string, z.ZodType][] = [
	["A version's manifest", Manifest],
	["A task", TaskContent],
	["An artifact's name and type; its body is sealed in pieces", ArtifactContent],
	["A line of the log", LogRecord],
	["A result", ResultContent],
	["An error", ErrorContent],
	["The end of an execution", FinishContent],
	["What a run waits for", WaitContent],
	["An answer, and what an event brings", AnswerContent],
	["The task that a run resumes another from", FromContent],
	["A task's end that was set by hand", MarkContent],
];

/** Every field that crosses the gate, from the protocol's own schemas. */
export function Premises() {
	return (
		<>
			<h2 id="every-message-field-by-field">Every message, field by field</h2>
			<p>
				Made from the schemas in <code>agent/src/protocol</code> that check each message on both sides (protocol {wire.PROTOCOL_VERSION}). A field
				marked <strong>sealed</strong> names a part of the message that only holders of the workspace key can open.
			</p>
			{MESSAGES.map(([name, request, answer]) => (
				<section key={name} className="flex flex-col gap-2 pt-3">
					<h3>
						<code>POST /gateway/{name}</code>
					</h3>
					<Fields label={`The agent says in ${name}`} schema={request} />
					<Fields label={`The control plane answers to ${name}`} schema={answer} />
				</section>
			))}
			<h2 id="what-sealed-parts-hold">What the sealed parts hold</h2>
			{CONTENTS.map(([name, schema]) => (
				<section key={name} className="pt-3">
					<Fields label={name} schema={schema} />
				</section>
			))}
		</>
	);
}

function Fields({ label, schema }: { label: string; schema: z.ZodType }) {
	return (
		<div {...reachable(label)} className="overflow-x-auto">
			<table>
				<caption className="text-start text-quiet">{label}</caption>
				<thead>
					<tr>
						<th>Field</th>
						<th>Is</th>
					</tr>
				</thead>
				<tbody>
					{fieldsOf(schema).map(({ path, type, sealed }) => (
						<tr key={path}>
							<td>
								<code>{path}</code>
							</td>
							<td>{sealed ? <strong>sealed</strong> : type}</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}
