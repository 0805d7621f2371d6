// A C program around the storm built as a C library.
int LeafStorm(int milliseconds);

int main(void) {
  return LeafStorm(2000);
}
