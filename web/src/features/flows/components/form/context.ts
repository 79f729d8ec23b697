"use client";
import { createContext, useContext } from "react";

interface FormContext {
	/** What is wrong, by path. */
	problems: ReadonlyMap<string, string>;
	/** Of a field's element, by path. */
	id(path: string): string;
}

export const Form = createContext<FormContext>({ problems: new Map(), id: (path) => path });

/** A path may hold anything that a name may; an id that others refer to holds no spaces. */
export const idOf = (form: string, path: string): string => `${form}-${encodeURIComponent(path)}`;

/** What every control of a field says to those who don't see it. */
export function useControl(path: string) {
	const { problems, id } = useContext(Form);
	const own = id(path);
	return { id: own, "aria-invalid": problems.has(path) || undefined, "aria-describedby": problems.has(path) ? `${own}-problem` : undefined };
}

export const useForm = (): FormContext => useContext(Form);
