"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type FormEvent, type KeyboardEvent, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import { Button, IconButton } from "../../../ui/button.tsx";
import { CLEAR, chip } from "./tag-look.ts";

/** Changes the tags of a flow, where they stand. */
export default function TagsEditor({ flow, tags, close }: { flow: string; tags: string[]; close(): void }) {
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
