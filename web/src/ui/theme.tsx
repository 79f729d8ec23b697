"use client";
import { Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { IconButton } from "./button.tsx";

export function ThemeToggle() {
	const { resolvedTheme, setTheme } = useTheme();
	return (
		<IconButton label="Light or dark" onClick={() => setTheme(resolvedTheme === "dark" ? "light" : "dark")}>
			{/* Both are there and CSS shows one: the server does not know which theme the viewer has. */}
			<Sun size={15} aria-hidden className="hidden [[data-theme=dark]_&]:block" />
			<Moon size={15} aria-hidden className="[[data-theme=dark]_&]:hidden" />
		</IconButton>
	);
}
