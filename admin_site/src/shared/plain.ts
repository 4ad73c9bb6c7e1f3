/** Lower case, without accents: what is typed in a hurry finds what is written with care. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
