"use client";
import { type ComponentType, lazy, type ReactNode, Suspense } from "react";

/** A part that is fetched when it is first shown, with nothing in its place until then, or `meanwhile`. For what is shown in browsers only. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>, meanwhile?: ReactNode): ComponentType<P> {
	const Part = lazy(async () => ({ default: await load() }));
	return (props) => (
		<Suspense fallback={meanwhile}>
			<Part {...props} />
		</Suspense>
	);
}
