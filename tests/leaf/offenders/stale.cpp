// loop: offender	up to four rounds
// loop: add_race	at most 64 lost races
// refused: no leaf runs a loop in add_race: remove the line
extern "C" unsigned long offender(unsigned long const *from) {
  unsigned long sum = 0;
  for (unsigned at = 0; at != 4 && from[at] != 0; ++at) sum ^= from[at];
  return sum;
}
