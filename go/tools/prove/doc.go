// Package prove proves the bound of leaf functions: C functions that run on a goroutine's own stack.
//
// The unit is compiled by gcc with the flags of the code that is linked. Stack sizes and calls come
// from gcc itself (-fcallgraph-info); the red zone is added to them, and from the object's relocations
// the calls of inline assembly and those that the compiler adds. Which
// source functions are in that code is read from its debug information. A second compilation without
// inlining shows which of them have a loop; a person has to have written down why each is bounded.
//
// What is not proved: that the reasons in the list of loops are true, that no lock stays held, and how
// long memory takes to answer.
package prove
