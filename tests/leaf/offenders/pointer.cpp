// refused: offender: calls through a pointer
extern "C" long offender(long (*function)(long), long argument) {
  return function(argument) + 1;
}
