"use client";
import { Download, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { count } from "../../../../ui/format.ts";
import { reachable } from "../../../../ui/reachable.ts";
import { fileName, save } from "../../../../ui/save.ts";
import { AsText } from "./as-text.tsx";
import { expansion } from "./expansion.ts";
import { hasWidth } from "./width.ts";
import { FIT, sizeAt, type Zoom, zoomed } from "./zoom.ts";

/** What is shown as an image. An SVG too: within <img> its scripts do not run and it loads nothing. */
const IMAGES: Record<string, string> = {
	"image/png": "png",
	"image/jpeg": "jpg",
	"image/gif": "gif",
	"image/webp": "webp",
	"image/svg+xml": "svg",
};

/** Elements of an SVG, references followed. */
const MOST_DRAWN = 300_000;

export function ArtifactImage({ bytes, mime, name }: { bytes: Bytes; mime: string; name: string }) {
	const [url, setUrl] = useState<string>();
	const [broken, setBroken] = useState(false);
	const bomb = useMemo(() => mime === "image/svg+xml" && expansion(text(bytes)) > MOST_DRAWN, [bytes, mime]);
	const extension = Object.hasOwn(IMAGES, mime) ? IMAGES[mime] : undefined;
	useEffect(() => {
		if (!extension) return;
		setBroken(false);
		const made = URL.createObjectURL(new Blob([bytes], { type: mime }));
		setUrl(made);
		return () => URL.revokeObjectURL(made);
	}, [bytes, mime, extension]);
	if (!extension) return <NoPicture bytes={bytes} name={name} why={`A ${mime.slice(0, 100)} is not shown here. As text, it begins with:`} />;
	if (bomb)
		return (
			<NoPicture
				bytes={bytes}
				name={name}
				why="This drawing refers to its own parts so often that drawing it would stop the page. As text, it begins with:"
			/>
		);
	if (broken) return <NoPicture bytes={bytes} name={name} why="The bytes of this image are not a picture. As text, they begin with:" />;
	if (!url) return null;
	const take = () => save(new Blob([bytes], { type: mime }), fileName(name, extension));
	return <Viewer url={url} name={name} scales={extension === "svg" && !hasWidth(bytes)} take={take} fail={() => setBroken(true)} />;
}

function NoPicture({ bytes, name, why }: { bytes: Bytes; name: string; why: string }) {
	const take = () => save(new Blob([bytes], { type: "application/octet-stream" }), fileName(name, "bin"));
	return (
		<div className="flex min-w-0 flex-col items-start gap-2 *:max-w-full">
			<AsText bytes={bytes} why={why} />
			<Button onClick={take}>Download these bytes</Button>
		</div>
	);
}

interface Seen {
	url: string;
	name: string;
	/** It has no size of its own. */
	scales: boolean;
	take(): void;
	fail(): void;
}

function Viewer({ url, name, scales, take, fail }: Seen) {
	const [zoom, setZoom] = useState<Zoom>(FIT);
	const [natural, setNatural] = useState({ width: 0, height: 0 });
	/** How large it is seen: of what fits, nobody else knows. */
	const [share, setShare] = useState(1);
	const box = useRef<HTMLDivElement>(null);
	const image = useRef<HTMLImageElement>(null);
	const change = (by: "in" | "out") => setZoom(zoomed(zoom === FIT ? share : zoom, by));

	useEffect(() => {
		const element = image.current;
		if (!element) return;
		const seen = new ResizeObserver(() => element.naturalWidth > 0 && setShare(element.clientWidth / element.naturalWidth));
		seen.observe(element);
		return () => seen.disconnect();
	}, []);

	useEffect(() => {
		const element = box.current;
		// With Ctrl, as browsers zoom, and as a pinch arrives: a bare wheel goes on scrolling the page.
		const turned = (event: WheelEvent) => {
			if (!event.ctrlKey && !event.metaKey) return;
			event.preventDefault();
			setZoom(zoomed(zoom === FIT ? share : zoom, event.deltaY < 0 ? "in" : "out"));
		};
		element?.addEventListener("wheel", turned, { passive: false });
		return () => element?.removeEventListener("wheel", turned);
	}, [zoom, share]);

	const keyed = (event: KeyboardEvent) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (event.key === "+" || event.key === "=") change("in");
		else if (event.key === "-") change("out");
		else if (event.key === "0") setZoom(FIT);
		else if (event.key === "1") setZoom(1);
		else return;
		event.preventDefault();
	};
	const size = zoom === FIT ? undefined : sizeAt(natural, zoom);
	return (
		<div className="flex min-w-0 flex-col gap-2">
			<div className="flex flex-wrap items-center gap-1">
				<Button look="bare" aria-pressed={zoom === FIT} onClick={() => setZoom(FIT)} title="0" className="aria-pressed:text-accent">
					Fit
				</Button>
				<Button look="bare" aria-pressed={zoom === 1} onClick={() => setZoom(1)} title="1" className="aria-pressed:text-accent">
					100 %
				</Button>
				<IconButton label="Smaller (−)" onClick={() => change("out")}>
					<Minus size={14} aria-hidden />
				</IconButton>
				<IconButton label="Larger (+)" onClick={() => change("in")}>
					<Plus size={14} aria-hidden />
				</IconButton>
				<IconButton label="Download this image" onClick={take}>
					<Download size={14} aria-hidden />
				</IconButton>
				{natural.width > 0 && (
					<span className="px-1 text-quiet tabular-nums">
						{count(natural.width)} × {count(natural.height)}, {Math.round((zoom === FIT ? share : zoom) * 100)} %
					</span>
				)}
			</div>
			{/* biome-ignore lint/a11y/noStaticElementInteractions: it is a group, as what scrolls is, and its keys have buttons above */}
			<div
				ref={box}
				{...reachable(`${name.slice(0, 100)}: + and − zoom, 0 fits, 1 is its own size; so does the wheel with Ctrl`)}
				onKeyDown={keyed}
				className={`max-h-[75dvh] max-w-full overflow-auto rounded-sm ${scales ? "w-2xl" : "w-fit"}`}
			>
				{/* biome-ignore lint/performance/noImgElement: its bytes are opened here; no server could resize them */}
				<img
					ref={image}
					src={url}
					alt={name}
					onError={fail}
					onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setNatural({ width: naturalWidth, height: naturalHeight })}
					// Pictures are made for white paper more often than not; what shines through shows squares.
					className={`chequered ${size ? "max-w-none" : scales ? "max-h-[75dvh] w-full object-contain" : "max-h-[75dvh] max-w-full"}`}
					style={size}
				/>
			</div>
		</div>
	);
}
