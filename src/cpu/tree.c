/* tree.c - which sums wait, which are added, and when all is one. */
#include "cpu/tree.h"

#include <string.h>

#include "cpu/exec.h"

static size_t levels_of(size_t leaves)
{
    size_t levels = 1;
    for (size_t left = leaves; left > 1; left = (left + 1) / 2) {
        levels++;
    }
    return levels;
}

size_t st_cpu_tree_nodes(size_t leaves)
{
    return 2 * leaves + levels_of(leaves);
}

size_t st_cpu_tree_sums(size_t leaves, size_t threads)
{
    const size_t most = (threads + 1) * (2 * levels_of(leaves) + 1);
    return most < leaves ? most : leaves;
}

void st_cpu_tree_begin(cpu_tree *tree)
{
    for (size_t i = 0; i < st_cpu_tree_nodes(tree->leaves); i++) {
        tree->waiting[i] = NULL;
    }
    for (size_t i = 0; i < tree->sums; i++) {
        tree->idle[i] = &tree->sum[tree->sums - 1 - i];
    }
    tree->idle_count = tree->sums;
}

cpu_sum *st_cpu_tree_take(cpu_tree *tree)
{
    omp_set_lock(&tree->lock);
    cpu_sum *const sum = tree->idle[--tree->idle_count];
    omp_unset_lock(&tree->lock);
    return sum;
}

/* The newest is taken first: it is in a cache. */
static void give_back(cpu_tree *tree, cpu_sum *sum)
{
    omp_set_lock(&tree->lock);
    tree->idle[tree->idle_count++] = sum;
    omp_unset_lock(&tree->lock);
}

/* The sum of the neighbour; NULL: it is not there, and ours waits for it. */
static cpu_sum *meet(cpu_tree *tree, cpu_sum **level, size_t node, cpu_sum *sum)
{
    omp_set_lock(&tree->lock);
    cpu_sum *const other = level[node ^ 1];
    level[other != NULL ? node ^ 1 : node] = other != NULL ? NULL : sum;
    omp_unset_lock(&tree->lock);
    return other;
}

void st_cpu_tree_add(st_exec *exec, size_t leaf, cpu_sum *sum, size_t n, st_tile_result *result)
{
    cpu_tree *tree = &exec->tree;
    cpu_sum **level = tree->waiting;
    size_t node = leaf;
    for (size_t count = tree->leaves; count > 1; count = (count + 1) / 2, node /= 2) {
        if ((node ^ 1) < count) { /* else it is carried up unchanged */
            cpu_sum *const other = meet(tree, level, node, sum);
            if (other == NULL) {
                return;
            }
            exec->loops->join(n, sum, other);
            give_back(tree, other);
        }
        level += count;
    }
    memcpy(result->sum_w, sum->sum_w, n * sizeof *sum->sum_w);
    memcpy(result->valid, sum->valid, n * sizeof *sum->valid);
    if (sum->seen_w != NULL) {
        memcpy(result->seen_w, sum->seen_w, n * sizeof *sum->seen_w);
    }
    give_back(tree, sum);
}
