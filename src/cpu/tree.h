/* tree.h - the tree over leaves (model/backend.h), taken while the leaves come in: whoever finishes
 * the second of two neighbours adds them. So only a few sums are alive at a time, they stay in the
 * caches, and no thread waits for the last leaf before it begins to add. */
#ifndef ST_CPU_TREE_H
#define ST_CPU_TREE_H

#include <omp.h>
#include <stddef.h>
#include <stdint.h>

/* Of some neighbouring leaves, over a tile. */
typedef struct cpu_sum {
    double *sum_w, *seen_w; /* [tile_samples], W; seen_w: with storage at the racks */
    uint32_t *valid;        /* [tile_samples] */
} cpu_sum;

typedef struct cpu_tree {
    size_t leaves, sums;
    cpu_sum *sum;      /* [sums] */
    cpu_sum **idle;    /* [sums], of which the first idle_count are to be had */
    cpu_sum **waiting; /* [cpu_tree_nodes], level by level: sums whose neighbour is not there yet */
    size_t idle_count;
    omp_lock_t lock;
} cpu_tree;

/* Nodes of the tree, and how many sums are alive at most while `threads` bring runs of leaves in
 * order: what is done is a run from the first leaf on with as many holes, and a run is the nodes of
 * two for each level. */
size_t st_cpu_tree_nodes(size_t leaves);
size_t st_cpu_tree_sums(size_t leaves, size_t threads);

/* Before every tile. */
void st_cpu_tree_begin(cpu_tree *tree);
/* A sum to be filled. */
cpu_sum *st_cpu_tree_take(cpu_tree *tree);

#endif
