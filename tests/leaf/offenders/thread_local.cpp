// refused: offender uses the thread-local variable
static thread_local unsigned long count;
extern "C" unsigned long offender() {
  return ++count;
}
