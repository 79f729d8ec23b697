"use client";
/** The places of a workspace, listed once: the sidebar shows them, two keys go to them, the palette finds them. */
import { BookOpen, LockKeyhole, type LucideIcon, MessageCircleQuestion, Play, Server, Settings, Workflow } from "lucide-react";

export interface Place {
	name: string;
	href: string;
	icon: LucideIcon;
	/** Pressed after `g`. */
	key: string;
}

export const APPROVALS = "/approvals";

export const PLACES: Place[] = [
	{ name: "Flows", href: "/flows", icon: Workflow, key: "f" },
	{ name: "Runs", href: "/runs", icon: Play, key: "r" },
	{ name: "Approvals", href: APPROVALS, icon: MessageCircleQuestion, key: "q" },
	{ name: "Agents", href: "/agents", icon: Server, key: "a" },
	{ name: "Secrets and variables", href: "/variables", icon: LockKeyhole, key: "v" },
	{ name: "Settings", href: "/settings", icon: Settings, key: "s" },
	{ name: "Docs", href: "/docs", icon: BookOpen, key: "d" },
];

/** Whether a page belongs to a place. */
export const isAt = (path: string, { href }: Place): boolean => path === href || path.startsWith(`${href}/`);
