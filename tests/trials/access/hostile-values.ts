/** Would be the name of a file that a shell made from one of the values. */
export const PWNED = 'pwned';

/** Texts that mean something to somebody on their way: a database, a shell, a terminal, a page, a spreadsheet, cron. */
export const HOSTILE: readonly string[] = [
  `'; DROP TABLE rolling_chart_data; --`,
  `$(touch ${PWNED})`,
  `\`touch ${PWNED}\``,
  `"; touch ${PWNED}; "`,
  `x\ntouch ${PWNED}\n* * * * * root touch ${PWNED}`,
  `%s%n%\\'; touch ${PWNED} #`,
  `\u001b]0;${PWNED}\u0007\u001b[2J\u009b31m\u202e`,
  `\u0000; touch ${PWNED}`,
  `=cmd|' /C touch ${PWNED}'!A0`,
  `</script><script>alert('${PWNED}')</script>`,
  `\${{ github.token }}{{ ${PWNED} }}: !!js |`,
];

/** A program or a database takes no text with it; for neither is there a way to write it. */
export const NUL = '\u0000';

/** What would do something to a terminal; our own output to a file or a pipe has none of it. */
// eslint's no-control-regex forbids these characters in a literal
export const CONTROLS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
