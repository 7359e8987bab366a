#pragma once

#include <cstddef>
#include <vector>

namespace eigenprop {

/// Which of many levels together serve images best: `count` columns of coverings (images, levels)
/// with the highest mean over images of the largest of them, the figure of Table 2 (Ionescu et al.,
/// 2016). One at a time is added, then each is moved while that helps. Ascending; of equal ones the
/// lowest. Throws InputError where rows differ in length, have fewer columns than `count`, or there
/// are none.
std::vector<std::size_t> choose_levels(const std::vector<std::vector<float>>& coverings,
                                       std::size_t count);

}  // namespace eigenprop
