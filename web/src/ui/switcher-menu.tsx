"use client";
import { Menu } from "@base-ui/react/menu";
import { Check, Plus } from "lucide-react";
import type { RefObject } from "react";
import type { Session } from "../browser/session.tsx";
import { switchWorkspace } from "../browser/switching.ts";
import { ask } from "./asked.ts";

const item = "flex h-8 w-full cursor-pointer items-center gap-2 rounded-sm px-2 text-start outline-none select-none data-highlighted:bg-selected";

interface Props {
	session: Session;
	button: RefObject<HTMLButtonElement | null>;
	close(): void;
}

/** Organizations that somebody belongs to, each with its workspaces. */
function grouped({ workspaces }: Session): { id: string; name: string; workspaces: Session["workspaces"] }[] {
	const groups = new Map<string, { id: string; name: string; workspaces: Session["workspaces"] }>();
	for (const workspace of workspaces) {
		const group = groups.get(workspace.organization.id) ?? { ...workspace.organization, workspaces: [] };
		group.workspaces.push(workspace);
		groups.set(group.id, group);
	}
	return [...groups.values()];
}

export default function SwitcherMenu({ session, button, close }: Props) {
	return (
		<Menu.Root open onOpenChange={(open) => !open && close()}>
			<Menu.Portal>
				<Menu.Positioner anchor={button} side="bottom" align="start" sideOffset={4} className="z-50 outline-none">
					<Menu.Popup
						aria-label="Workspaces"
						finalFocus={button}
						className="flex max-h-[70dvh] w-64 flex-col overflow-y-auto rounded-md border border-line bg-raised p-1 shadow-(--shadow-float) outline-none"
					>
						{grouped(session).map((organization) => (
							<Menu.Group key={organization.id} className="pb-1">
								<Menu.GroupLabel className="truncate px-2 pt-2 pb-1 text-quiet text-small" title={organization.name}>
									<bdi>{organization.name}</bdi>
								</Menu.GroupLabel>
								{organization.workspaces.map((workspace) => {
									const here = workspace.id === session.workspace.id;
									return (
										<Menu.Item key={workspace.id} className={item} onClick={() => !here && switchWorkspace(workspace)}>
											<span className="min-w-0 flex-1 truncate" title={workspace.name}>
												<bdi>{workspace.name}</bdi>
											</span>
											{here && (
												<>
													<Check size={14} aria-hidden className="text-accent" />
													<span className="sr-only">, where you are</span>
												</>
											)}
										</Menu.Item>
									);
								})}
							</Menu.Group>
						))}
						{session.may.includes("manage") && (
							<>
								<Menu.Separator className="my-1 border-line border-t" />
								<Menu.Item className={item} onClick={() => ask("workspace")}>
									<Plus size={14} aria-hidden className="text-quiet" />
									New workspace…
								</Menu.Item>
							</>
						)}
					</Menu.Popup>
				</Menu.Positioner>
			</Menu.Portal>
		</Menu.Root>
	);
}
