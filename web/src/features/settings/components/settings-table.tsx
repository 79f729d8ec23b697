"use client";
import { useOpened } from "../../../browser/opened.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { notOpen } from "../../../ui/lock.tsx";
import { ActionsHead, head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import { idOf, type Kind, type Setting } from "./kinds.ts";
import { readSetting } from "./sealing.ts";

interface Props {
	kind: Kind;
	settings: Setting[];
	may: boolean;
	set(setting: Setting): void;
	remove(setting: Setting): void;
}

export function SettingsTable({ kind, settings, may, set, remove }: Props) {
	return (
		<Table
			heads={
				<>
					<th className={`${head} ${kind === "secret" ? "w-1/3" : "w-1/4"}`}>Name</th>
					{kind !== "secret" && <th className={`${head} w-5/12`}>Value</th>}
					<th className={head}>For</th>
					<th className={head}>Set by</th>
					<th className={head}>Set</th>
					{may && <ActionsHead />}
				</>
			}
		>
			{settings.map((setting) => (
				<tr key={idOf(setting)} className={row}>
					<td className={`${rowCell} max-w-0 truncate max-sm:w-full max-sm:max-w-full`} title={setting.name}>
						<bdi className="font-medium font-mono">{setting.name}</bdi>
					</td>
					{kind !== "secret" && (
						<td className={`${rowCell} max-w-0 truncate max-sm:w-full max-sm:max-w-full`}>
							<Value setting={setting} />
						</td>
					)}
					<td className={`${rowCell} max-w-48 truncate text-quiet max-sm:max-w-40`} title={setting.pool ?? undefined}>
						{setting.pool === null ? (
							"all pools"
						) : (
							<>
								pool <bdi className="text-text">{setting.pool}</bdi>
							</>
						)}
					</td>
					<td className={`${rowCell} max-w-56 truncate text-quiet max-sm:max-w-40`} title={`${setting.by}, ${exact(setting.at)}`}>
						<bdi>{setting.by}</bdi>
					</td>
					<td className={`${rowCell} text-quiet`}>
						<Ago at={setting.at} />
					</td>
					{may && (
						<td className={`${rowCell} text-end max-sm:ml-auto`}>
							<Button look="bare" onClick={() => set(setting)} aria-label={`Change ${setting.name}`}>
								Change
							</Button>
							<Button look="bare" onClick={() => remove(setting)} aria-label={`Remove ${setting.name}`}>
								Remove
							</Button>
						</td>
					)}
				</tr>
			))}
		</Table>
	);
}

function Value({ setting }: { setting: Setting }) {
	const value = useOpened(`setting ${idOf(setting)} ${setting.sealed}`, setting.sealed, (_, key, sealed) => readSetting(key, setting, sealed));
	if (value.state !== "open") return notOpen(value);
	return (
		<bdi className="font-mono text-small" title={value.value.slice(0, 2000)}>
			{value.value.slice(0, 500)}
		</bdi>
	);
}
