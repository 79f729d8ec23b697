"use client";
import { Component, type ReactNode } from "react";

/** One artifact that can't be shown must not take the page with it. */
export class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
	override state: { error?: Error } = {};

	static getDerivedStateFromError(error: Error) {
		return { error };
	}

	override render() {
		return this.state.error ? <p className="text-quiet">This could not be shown in your browser: {this.state.error.message}</p> : this.props.children;
	}
}
