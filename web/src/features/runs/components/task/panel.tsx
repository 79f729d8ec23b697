"use client";
import { X } from "lucide-react";
import { useRef, useState } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { useMedia } from "../../../../browser/media.ts";
import { IconButton } from "../../../../ui/button.tsx";
import { Drawer } from "../../../../ui/drawer.tsx";
import { byFunction } from "../graph/build.ts";
import { groupsBy, type TaskGroup, tasksAsDone } from "../timeline/rows.ts";
import type { RunView } from "../view.ts";
import { TaskDetail } from "./detail.tsx";
import { GroupDetail } from "./group.tsx";

/** What `?task=` names: a task, a map, or all tasks of a function. */
function chosenGroup(view: RunView, id: string): TaskGroup | undefined {
	return groupsBy(tasksAsDone(view).values(), (task) => (task.map === id || byFunction(task.fn) === id ? id : undefined)).get(id);
}

/** The chosen task: beside the page where there is room, else over it. */
export function TaskPanel({ view, id }: { view: RunView; id: string }) {
	const [search, change] = useAddress();
	const beside = useMedia("(min-width: 1200px)");
	// Over the page it would hide the lines that a link leads to.
	const [hidden, hide] = useState(() => (search.has("line") || search.get("tab") === "logs" ? id : undefined));
	const task = view.tasks.get(id);
	const group = task ? undefined : chosenGroup(view, id);
	const from = useRef(document.activeElement);
	const close = () => {
		change({ task: null, at: null });
		if (from.current instanceof HTMLElement) from.current.focus({ preventScroll: true });
	};
	const body = task ? (
		<TaskDetail key={id} view={view} task={task} leave={() => hide(id)} />
	) : group ? (
		<GroupDetail key={id} group={group} run={view.run} />
	) : (
		<p className="text-quiet">
			{view.run.finishedAt ? "This run has no such task. The link may belong to another run." : "This run has told of no such task yet."}
		</p>
	);
	if (!beside) {
		return hidden === id ? null : (
			<Drawer title="Task" close={close}>
				{body}
			</Drawer>
		);
	}
	return (
		<aside
			aria-label="Task"
			className="sticky top-14 flex max-h-[calc(100dvh-72px)] w-96 shrink-0 flex-col gap-3 self-start overflow-y-auto border-line border-l pl-4"
		>
			<IconButton label="Close" className="absolute top-0 right-0" onClick={close}>
				<X size={14} aria-hidden />
			</IconButton>
			{body}
		</aside>
	);
}
