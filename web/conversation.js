/** A box of messages with the newest at the bottom, which does not move what is being read. */

import { useLayoutEffect, useRef, useState } from "./vendor/preact.js";

const NEAR = 40; // px

/**
 * The place in a box of messages. `first` and `last` identify the messages at its ends. The box shows
 * a new last message only if its end was shown, or if the message `isMine`; otherwise `hasNews` is
 * true until `showEnd`. Earlier messages are added above what is shown.
 */
export function usePlace(first, last, isMine) {
  const box = useRef();
  const before = useRef({ height: 0, isAtEnd: true });
  const [hasNews, setNews] = useState(false);
  const showEnd = () => {
    box.current.scrollTop = box.current.scrollHeight;
    setNews(false);
  };
  const onScroll = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
    before.current.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (before.current.isAtEnd) setNews(false);
  };
  useLayoutEffect(() => {
    if (before.current.isAtEnd || isMine) showEnd();
    else setNews(true);
  }, [last]);
  useLayoutEffect(() => {
    const { scrollHeight } = box.current;
    if (!before.current.isAtEnd) box.current.scrollTop += scrollHeight - before.current.height;
  }, [first]);
  useLayoutEffect(() => {
    before.current.height = box.current.scrollHeight;
  });
  return { box, onScroll, hasNews, showEnd };
}

/** One stop of the Tab key for all buttons of a list: the arrow keys move between them. */
export function useOneTabStop() {
  const list = useRef();
  const buttons = () => [...(list.current?.querySelectorAll("button") ?? [])];
  const stopAt = (stop) => {
    for (const each of buttons()) each.tabIndex = each === stop ? 0 : -1;
  };
  useLayoutEffect(() => {
    const all = buttons();
    stopAt(all.find((each) => each === document.activeElement) ?? all.at(-1));
  });
  const onKeyDown = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const next = step && buttons()[buttons().indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    stopAt(next);
    next.focus();
  };
  return { list, onKeyDown };
}
