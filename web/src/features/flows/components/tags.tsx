"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { Button, IconButton } from "../../../ui/button.tsx";
import { Link } from "../../../ui/link.tsx";

const chip = "inline-flex h-6 max-w-48 items-center rounded-md border border-line px-1.5 text-quiet text-small";
const CLEAR = "Tags are stored in the clear: the server reads and filters by them without a key";

/** A tag that leads to all flows that have it. */
export function TagLink({ tag, className = "" }: { tag: string; className?: string }) {
	return (
		<Link
			href={`/flows?tag=${encodeURIComponent(tag)}`}
			title={`All flows tagged ${tag}`}
			className={`${chip} hover:border-line-strong hover:text-text ${className}`}
		>
			<bdi className="truncate">{tag}</bdi>
		</Link>
	);
}

/** The tags of a flow; who may organize can change them here. */
export function Tags({ flow, tags }: { flow: string; tags: string[] }) {
	const { may } = useSession();
	const [editing, setEditing] = useState(false);
	if (editing) return <Editor flow={flow} tags={tags} close={() => setEditing(false)} />;
	return (
		<div className="flex min-h-7 flex-wrap items-center gap-1.5">
			{tags.map((tag) => (
				<TagLink key={tag} tag={tag} />
			))}
			{may.includes("organize") && (
				<Button look="bare" title={CLEAR} onClick={() => setEditing(true)} className={`h-6 px-1.5 text-small ${tags.length > 0 ? "" : "-ml-1.5"}`}>
					<Pencil size={12} aria-hidden />
					{tags.length > 0 ? "Edit tags" : "Add tags"}
				</Button>
			)}
		</div>
	);
}

function Editor({ flow, tags, close }: { flow: string; tags: string[]; close(): void }) {
	const client = useQueryClient();
	const [list, setList] = useState(tags);
	const [text, setText] = useState("");
	const put = useMutation(
		trpc.flows.setTags.mutationOptions({
			onSuccess: async () => {
				await client.invalidateQueries(trpc.flows.pathFilter());
				close();
			},
		}),
	);
	const parts = text
		.split(",")
		.map((part) => part.trim())
		.filter(Boolean);
	const add = () => {
		setList([...new Set([...list, ...parts])]);
		setText("");
	};
	const pressed = (event: KeyboardEvent) => {
		if (event.key === "Escape") close();
		else if (event.key === "," || (event.key === "Enter" && parts.length > 0)) add();
		else if (event.key === "Backspace" && text === "") setList(list.slice(0, -1));
		else return;
		event.preventDefault();
	};
	const save = (event: FormEvent) => {
		event.preventDefault();
		// What was typed and not yet taken counts.
		put.mutate({ flow, tags: [...new Set([...list, ...parts])] });
	};
	return (
		<form onSubmit={save} className="flex min-h-7 min-w-0 flex-wrap items-center gap-1.5">
			{list.map((tag) => (
				<span key={tag} className={`${chip} pr-0`}>
					<bdi className="truncate">{tag}</bdi>
					<IconButton label={`Remove the tag ${tag}`} className="size-6!" onClick={() => setList(list.filter((one) => one !== tag))}>
						<X size={12} aria-hidden />
					</IconButton>
				</span>
			))}
			<input
				// biome-ignore lint/a11y/noAutofocus: opened by a click on "Edit tags", to type
				autoFocus
				aria-label="New tag"
				placeholder="tag, tag"
				title={CLEAR}
				value={text}
				maxLength={500}
				onChange={(event) => setText(event.target.value)}
				onKeyDown={pressed}
				aria-invalid={put.isError}
				aria-describedby="tags-told"
				className="h-7 w-36 rounded-md border border-line-strong bg-ground px-2 placeholder:text-quiet aria-invalid:border-failed"
			/>
			<Button look="strong" type="submit" disabled={put.isPending}>
				Save
			</Button>
			<Button look="bare" onClick={close}>
				Cancel
			</Button>
			<p id="tags-told" role="status" className={`w-full text-small ${put.isError ? "text-failed" : "text-quiet"}`}>
				{put.error?.message ?? `${CLEAR}.`}
			</p>
		</form>
	);
}
