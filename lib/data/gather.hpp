#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "data/image.hpp"
#include "data/rank_group.hpp"

namespace eigenprop {

/// Brings images that groups of ranks make, in turn (image i by group i modulo their number), to
/// rank 0 while they are made, and hands them over there in their order. Few of them are in memory
/// at a time: who is ahead waits.
class ImageConveyor {
 public:
  /// Called on rank 0 with each image, in order. Contours have come in float.
  using Take = std::function<void(const SegmentedImage&)>;

  /// `count`: images in all. `take` is called on rank 0 alone. Collective over `comm`, which must
  /// outlive this, as must `group`.
  ImageConveyor(std::int64_t count, const RankGroup& group, const Communicator& comm, Take take);
  ~ImageConveyor();
  ImageConveyor(const ImageConveyor&) = delete;
  ImageConveyor& operator=(const ImageConveyor&) = delete;

  /// The next image of the own group, on the group's root.
  void give(SegmentedImage image);

  /// Comes back when all images of this rank are on their way, on rank 0 when all are taken; every
  /// group must have given its own.
  void finish();

 private:
  struct Message;

  void advance(bool all);
  SegmentedImage receive(int rank) const;

  std::int64_t count_;
  const Communicator& comm_;
  Take take_;
  std::vector<int> roots_;  ///< rank that speaks for each group
  std::int64_t next_ = 0;   ///< image that is to be taken
  std::deque<SegmentedImage> own_;
  std::deque<std::unique_ptr<Message>> sent_;
};

/// Concatenation over ranks, in rank order, on rank 0, and nothing elsewhere, of lists of numbers,
/// each of at most 2³¹ - 1. Collective over `comm`.
std::vector<std::vector<float>> gather_to_root(const std::vector<std::vector<float>>& own,
                                               const Communicator& comm);

}  // namespace eigenprop
