import { Box, type BoxProps, Text, type TextProps } from 'ink';
import { createElement, type Key, type ReactElement, type ReactNode } from 'react';

type Keyed = { readonly key?: Key };

/** `<Box>` without JSX: every file stays `.ts` and runs without a build. */
export const box = (props: BoxProps & Keyed, ...children: ReactNode[]): ReactElement =>
  createElement(Box, props, ...children);

/** `<Text>` without JSX. */
export const text = (props: TextProps & Keyed, ...children: ReactNode[]): ReactElement =>
  createElement(Text, props, ...children);
