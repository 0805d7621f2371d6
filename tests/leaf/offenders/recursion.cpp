// refused: descend is called by itself
static long descend(unsigned long const *at) {
  return at == nullptr ? 0 : 1 + descend(reinterpret_cast<unsigned long const *>(*at)) % 7;
}
extern "C" long offender(unsigned long const *at) {
  return descend(at);
}
