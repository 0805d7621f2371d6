// Functions without a body need a package with assembly.
