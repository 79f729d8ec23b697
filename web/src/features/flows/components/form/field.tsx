"use client";
/** One field, whatever it holds: fields are made of fields. */
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { useForm } from "./context.ts";
import {
	ChoiceControl,
	type ControlProps,
	DateControl,
	InstantControl,
	input,
	JsonControl,
	NumberControl,
	SwitchControl,
	TextControl,
} from "./controls.tsx";
import { asJson, type Draft, draftOf, type Given, readGiven } from "./draft.ts";
import { type Entry, type Field, optionalOf } from "./fields.ts";
import { typeOf } from "./type-of.ts";

/** Named fields: the parameters of a flow, or the fields of a dataclass. */
export function Entries({ entries, given, prefix = "", change }: { entries: Entry[]; given: Given; prefix?: string; change(given: Given): void }) {
	return entries.map((entry) => {
		const own = given[entry.name] ?? { given: false, draft: draftOf(entry.field, entry.default) };
		return <One key={entry.name} entry={entry} own={own} path={prefix + entry.name} change={(next) => change({ ...given, [entry.name]: next })} />;
	});
}

const isSingle = (field: Field, draft: Draft): boolean => "json" in draft || !["list", "dict", "object", "union"].includes(field.kind);

function One({ entry, own, path, change }: { entry: Entry; own: Given[string]; path: string; change(own: Given[string]): void }) {
	const { id } = useForm();
	const { name, field, required, description } = entry;
	const single = isSingle(field, own.draft);
	const hasDefault = !required;
	const unseen = hasDefault && !own.given && !("default" in entry);
	const empty = hasDefault && own.given && single && isEmpty(entry, own);
	const set = (draft: Draft) => change({ given: true, draft });
	const title = (
		<bdi className="min-w-0 break-words font-medium" title={name}>
			{name}
		</bdi>
	);
	const said = description && (
		<p className="line-clamp-6 max-w-[72ch] whitespace-pre-line break-words text-quiet text-small" title={description}>
			<bdi>{description}</bdi>
		</p>
	);
	const content = (
		<>
			{!single && said}
			<Control field={field} draft={own.draft} path={path} change={set} />
			{empty && <p className="text-quiet text-small">Nothing stands here: the code's default is used.</p>}
			{unseen && <p className="text-quiet text-small">Not given: the code has a default that can't be shown here.</p>}
			{single && said}
			<Problem path={path} />
		</>
	);
	const head = (label: ReactNode) => (
		<div className="flex min-h-7 flex-wrap items-center gap-x-2">
			{label}
			<span className="text-quiet text-small">{typeOf(field.schema)}</span>
			{required && <span className="text-quiet text-small">required</span>}
			{hasDefault && !own.given && <span className="rounded-sm bg-selected px-1.5 text-quiet text-small">default</span>}
			<span className="ml-auto flex gap-1">
				<JsonToggle field={field} draft={own.draft} name={name} change={set} />
				{hasDefault && own.given && (
					<Button look="bare" onClick={() => change({ given: false, draft: draftOf(field, entry.default) })}>
						<span>
							Use default<span className="sr-only"> of {name}</span>
						</span>
					</Button>
				)}
			</span>
		</div>
	);
	if (single)
		return (
			<div className="flex min-w-0 flex-col gap-1">
				{head(
					<label htmlFor={id(path)} className="min-w-0 break-words">
						{title}
					</label>,
				)}
				{content}
			</div>
		);
	return (
		// biome-ignore lint/a11y/useSemanticElements: a fieldset can't lay out its legend beside other things
		<div role="group" aria-labelledby={`${id(path)}-name`} className="flex min-w-0 flex-col gap-1">
			{head(
				<span id={`${id(path)}-name`} className="min-w-0 break-words">
					{title}
				</span>,
			)}
			{content}
		</div>
	);
}

function isEmpty(entry: Entry, own: Given[string]): boolean {
	const { values, problems } = readGiven([entry], { [entry.name]: own });
	return problems.length === 0 && !Object.hasOwn(values, entry.name);
}

function Problem({ path }: { path: string }) {
	const { problems, id } = useForm();
	const problem = problems.get(path);
	if (!problem) return null;
	return (
		<p id={`${id(path)}-problem`} className="break-words text-failed">
			<bdi>{problem}</bdi>
		</p>
	);
}

/** Whether there is more in it than one control shows. */
const isCompound = (field: Field): boolean =>
	["list", "dict", "object"].includes(field.kind) || (field.kind === "union" && field.branches.some(isCompound));

function JsonToggle({ field, draft, name, change }: { field: Field; draft: Draft; name: string; change(draft: Draft): void }) {
	if (!isCompound(field)) return null;
	const value = readGiven([{ name: "x", field, required: true, description: undefined }], { x: { given: true, draft } }).values.x;
	if ("json" in draft) {
		const fielded = draftOf(field, value);
		if ("json" in fielded) return null;
		return (
			<Button look="bare" onClick={() => change(fielded)}>
				<span>
					As fields<span className="sr-only">: {name}</span>
				</span>
			</Button>
		);
	}
	return (
		<Button look="bare" onClick={() => change(asJson(value))}>
			<span>
				As JSON<span className="sr-only">: {name}</span>
			</span>
		</Button>
	);
}

function Control({ field, draft, path, label, change }: ControlProps) {
	const given = { draft, path, label, change };
	if ("json" in draft) return <JsonControl field={field} {...given} />;
	switch (field.kind) {
		case "text":
			return <TextControl field={field} {...given} />;
		case "number":
			return <NumberControl field={field} {...given} />;
		case "switch":
			return <SwitchControl field={field} {...given} />;
		case "choice":
			return <ChoiceControl field={field} {...given} />;
		case "date":
			return <DateControl field={field} {...given} />;
		case "instant":
			return <InstantControl field={field} {...given} />;
		case "list":
			return <ListControl field={field} {...given} />;
		case "dict":
			return <DictControl field={field} {...given} />;
		case "object":
			return <ObjectControl field={field} {...given} />;
		case "union":
			return <UnionControl field={field} {...given} />;
		case "null":
			return <span className="text-quiet">not set</span>;
		default:
			return <JsonControl field={field} {...given} />;
	}
}

const nested = "flex min-w-0 flex-col gap-2 border-line border-l-2 pl-3";

/** The focusable element that stands for a field with several: where the keyboard goes when it is wrong as a whole. */
const whole = (id: string) => ({ id, tabIndex: -1 });

function ListControl({ field, draft, path, change }: ControlProps<Field & { kind: "list" }>) {
	const { id } = useForm();
	const items = "items" in draft ? draft.items : [];
	const name = path.split(".").at(-1);
	const put = (at: number, item: Draft) => change({ items: items.map((one, index) => (index === at ? item : one)) });
	return (
		<div {...whole(id(path))} className={nested}>
			{items.map((item, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name than their place
				<div key={at} className="flex min-w-0 items-start gap-1">
					<div className="flex min-w-0 flex-1 flex-col gap-1">
						<Control field={field.item} draft={item} path={`${path}[${at}]`} label={`${name}, item ${at + 1}`} change={(next) => put(at, next)} />
						<Problem path={`${path}[${at}]`} />
					</div>
					<IconButton label={`Remove item ${at + 1} of ${name}`} onClick={() => change({ items: items.filter((_, index) => index !== at) })}>
						<X size={14} aria-hidden />
					</IconButton>
				</div>
			))}
			<Add to={name} add={() => change({ items: [...items, draftOf(field.item, undefined)] })}>
				{items.length === 0 ? "Empty list: add an item" : "Add an item"}
			</Add>
		</div>
	);
}

function Add({ to, add, children }: { to: string | undefined; add(): void; children: string }) {
	return (
		<div>
			<Button look="bare" onClick={add}>
				<Plus size={14} aria-hidden />
				<span>
					{children}
					<span className="sr-only"> to {to}</span>
				</span>
			</Button>
		</div>
	);
}

function DictControl({ field, draft, path, change }: ControlProps<Field & { kind: "dict" }>) {
	const { id } = useForm();
	const pairs = "pairs" in draft ? draft.pairs : [];
	const name = path.split(".").at(-1);
	const put = (at: number, pair: [string, Draft]) => change({ pairs: pairs.map((one, index) => (index === at ? pair : one)) });
	return (
		<div {...whole(id(path))} className={nested}>
			{pairs.map(([key, item], at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: keys change while they are typed
				<div key={at} className="flex min-w-0 items-start gap-1">
					<input
						aria-label={`Name ${at + 1} in ${name}`}
						placeholder="name"
						value={key}
						autoComplete="off"
						spellCheck={false}
						onChange={(event) => put(at, [event.target.value, item])}
						className={`${input} max-w-[35%]`}
					/>
					<div className="flex min-w-0 flex-1 flex-col gap-1">
						<Control
							field={field.item}
							draft={item}
							path={`${path}.${key}`}
							label={`${name}, value ${at + 1}`}
							change={(next) => put(at, [key, next])}
						/>
						<Problem path={`${path}.${key}`} />
					</div>
					<IconButton
						label={`Remove ${key || `value ${at + 1}`} from ${name}`}
						onClick={() => change({ pairs: pairs.filter((_, index) => index !== at) })}
					>
						<X size={14} aria-hidden />
					</IconButton>
				</div>
			))}
			<Add to={name} add={() => change({ pairs: [...pairs, ["", draftOf(field.item, undefined)]] })}>
				{pairs.length === 0 ? "Empty: add a value" : "Add a value"}
			</Add>
		</div>
	);
}

function ObjectControl({ field, draft, path, change }: ControlProps<Field & { kind: "object" }>) {
	const { id } = useForm();
	const fields = "fields" in draft ? draft.fields : {};
	return (
		<div {...whole(id(path))} className={`${nested} gap-4`}>
			<Entries entries={field.entries} given={fields} prefix={`${path}.`} change={(next) => change({ fields: next })} />
		</div>
	);
}

function UnionControl({ field, draft, path, label, change }: ControlProps<Field & { kind: "union" }>) {
	const { id } = useForm();
	if (!("branch" in draft)) return <JsonControl field={field} draft={draft} path={path} label={label} change={change} />;
	const { branch, drafts } = draft;
	const optional = optionalOf(field);
	const [chosen, own] = [field.branches[branch], drafts[branch]];
	const name = label ?? path.split(".").at(-1);
	const choose = (at: number) => change({ branch: at, drafts });
	const put = (next: Draft) => change({ branch, drafts: drafts.map((one, at) => (at === branch ? next : one)) });
	return (
		<div {...whole(`${id(path)}-all`)} className="flex min-w-0 flex-col gap-1">
			{optional === undefined ? (
				<select
					aria-label={`Kind of ${name}`}
					value={branch}
					onChange={(event) => choose(Number(event.target.value))}
					className={`${input} max-w-60`}
				>
					{field.branches.map((one, at) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the types stand in the order of the hint
						<option key={at} value={at}>
							{one.kind === "null" ? "not set" : typeOf(one.schema)}
						</option>
					))}
				</select>
			) : (
				<label className="flex min-h-6 w-fit items-center gap-1.5 text-quiet">
					<input
						type="checkbox"
						checked={branch !== optional}
						onChange={(event) => choose(event.target.checked ? 1 - optional : optional)}
						className="size-3.5 accent-(--accent-fill)"
					/>
					Not set
					<span className="sr-only">: {name}</span>
				</label>
			)}
			{chosen && own && chosen.kind !== "null" && <Control field={chosen} draft={own} path={path} label={name} change={put} />}
		</div>
	);
}
