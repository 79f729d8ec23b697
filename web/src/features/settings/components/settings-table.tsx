"use client";
import { useOpened } from "../../../browser/opened.ts";
import { Button } from "../../../ui/button.tsx";
import { exact } from "../../../ui/format.ts";
import { notOpen } from "../../../ui/lock.tsx";
import { cell, head } from "../../../ui/table.ts";
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

const narrow = "max-sm:h-auto max-sm:border-0 max-sm:p-0";

export function SettingsTable({ kind, settings, may, set, remove }: Props) {
	return (
		<table className="w-full border-collapse max-sm:block">
			<thead className="max-sm:sr-only">
				<tr>
					<th className={`${head} w-1/3`}>Name</th>
					{kind !== "secret" && <th className={`${head} w-1/3`}>Value</th>}
					<th className={head}>For</th>
					<th className={`${head} w-1/6`}>Set by</th>
					<th className={head}>Set</th>
					{may && (
						<th className={head}>
							<span className="sr-only">Actions</span>
						</th>
					)}
				</tr>
			</thead>
			<tbody className="max-sm:block">
				{settings.map((setting) => (
					<tr
						key={idOf(setting)}
						className="hover:bg-selected max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1 max-sm:border-line max-sm:border-b max-sm:py-2"
					>
						<td className={`${cell} ${narrow} max-w-0 truncate max-sm:w-full max-sm:max-w-full`} title={setting.name}>
							<bdi className="font-medium font-mono">{setting.name}</bdi>
						</td>
						{kind !== "secret" && (
							<td className={`${cell} ${narrow} max-w-0 truncate max-sm:w-full max-sm:max-w-full`}>
								<Value setting={setting} />
							</td>
						)}
						<td className={`${cell} ${narrow} max-w-48 truncate text-quiet max-sm:max-w-40`} title={setting.pool ?? undefined}>
							{setting.pool === null ? (
								"all pools"
							) : (
								<>
									pool <bdi className="text-text">{setting.pool}</bdi>
								</>
							)}
						</td>
						<td className={`${cell} ${narrow} max-w-0 truncate text-quiet max-sm:max-w-40`} title={`${setting.by}, ${exact(setting.at)}`}>
							<bdi>{setting.by}</bdi>
						</td>
						<td className={`${cell} ${narrow} text-quiet`}>
							<Ago at={setting.at} />
						</td>
						{may && (
							<td className={`${cell} ${narrow} text-end max-sm:ml-auto`}>
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
			</tbody>
		</table>
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
