"use client";
import { useEffect, useState } from "react";
import type { Bytes } from "tidegate/protocol/bytes.ts";

/** What is shown as an image. An SVG too: within <img> its scripts do not run and it loads nothing. */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];

export function ArtifactImage({ bytes, mime, name }: { bytes: Bytes; mime: string; name: string }) {
	const [url, setUrl] = useState<string>();
	const [broken, setBroken] = useState(false);
	const known = IMAGES.includes(mime);
	useEffect(() => {
		if (!known) return;
		const made = URL.createObjectURL(new Blob([bytes], { type: mime }));
		setUrl(made);
		return () => URL.revokeObjectURL(made);
	}, [bytes, mime, known]);
	if (!known || broken) return <p className="text-quiet">{known ? "The bytes of this image are not a picture." : `A ${mime} is not shown here.`}</p>;
	// Pictures are made for white paper more often than not.
	// biome-ignore lint/performance/noImgElement: its bytes are opened here; no server could resize them
	return url ? <img src={url} alt={name} onError={() => setBroken(true)} className="max-h-[75dvh] max-w-full rounded-sm bg-paper" /> : null;
}
