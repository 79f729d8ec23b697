"use client";
import type { Outputs } from "../../../browser/api.ts";
import { useNow } from "../../../browser/clock.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { ActionsHead, head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import { SCOPES } from "./scopes.ts";

export type Key = Outputs["keys"]["list"]["keys"][number];

/** How a key ended; undefined while it works. */
function ended(key: Key, now: number): "revoked" | "expired" | undefined {
	if (key.revokedAt) return "revoked";
	return key.expiresAt && Date.parse(key.expiresAt) <= now ? "expired" : undefined;
}

/** Those that work first; what ended is grey, at the end. */
export function KeysTable({ keys, revoke }: { keys: Key[]; revoke(key: Key): void }) {
	const now = useNow();
	const sorted = [...keys.filter((key) => !ended(key, now)), ...keys.filter((key) => ended(key, now))];
	return (
		<Table
			heads={
				<>
					<th className={`${head} w-1/3`}>Name</th>
					<th className={head}>Begins with</th>
					<th className={head}>Scope</th>
					<th className={`${head} w-1/4`}>Created by</th>
					<th className={head}>Last used</th>
					<th className={head}>Expires</th>
					<ActionsHead />
				</>
			}
		>
			{sorted.map((key) => (
				<Row key={key.id} apiKey={key} over={ended(key, now)} revoke={() => revoke(key)} />
			))}
		</Table>
	);
}

function Row({ apiKey, over, revoke }: { apiKey: Key; over: "revoked" | "expired" | undefined; revoke(): void }) {
	const scope = SCOPES.find((each) => each.scope === apiKey.scope);
	return (
		<tr className={`${row} ${over ? "text-quiet" : ""}`}>
			<td className={`${rowCell} max-w-0 truncate max-sm:w-full max-sm:max-w-full`} title={apiKey.name}>
				<bdi className={over ? "line-through" : "font-medium"}>{apiKey.name}</bdi>
			</td>
			<td className={`${rowCell} font-mono text-small`}>{apiKey.prefix}…</td>
			<td className={rowCell} title={scope?.words}>
				{scope?.name ?? apiKey.scope}
			</td>
			<td className={`${rowCell} max-w-0 truncate text-quiet max-sm:max-w-40`} title={`${apiKey.createdBy}, ${exact(apiKey.createdAt)}`}>
				<bdi>{apiKey.createdBy}</bdi>
			</td>
			<td className={`${rowCell} text-quiet`}>
				{apiKey.lastUsedAt ? (
					<>
						<span className="sm:sr-only">used </span>
						<Ago at={apiKey.lastUsedAt} />
					</>
				) : (
					<>
						never<span className="sm:sr-only"> used</span>
					</>
				)}
			</td>
			<td className={`${rowCell} text-quiet`}>{over ?? <Expires at={apiKey.expiresAt} />}</td>
			<td className={`${rowCell} text-end max-sm:ml-auto`}>
				{!over && (
					<Button look="bare" onClick={revoke} aria-label={`Revoke ${apiKey.name}`}>
						Revoke
					</Button>
				)}
			</td>
		</tr>
	);
}

function Expires({ at }: { at: string | null }) {
	if (!at) {
		return (
			<>
				never<span className="sm:sr-only"> expires</span>
			</>
		);
	}
	return (
		<>
			<span className="sm:sr-only">expires </span>
			<time dateTime={at} title={exact(at)}>
				{new Date(at).toLocaleDateString("en-GB", { dateStyle: "medium" })}
			</time>
		</>
	);
}
