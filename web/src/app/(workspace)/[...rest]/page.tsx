import type { Metadata } from "next";
import { notFound } from "next/navigation";

export const metadata: Metadata = { title: "No such page · Tidegate" };

/** Whatever no other page takes: told inside the shell, with all ways out at hand. */
export default function Nowhere(): never {
	notFound();
}
