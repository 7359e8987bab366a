#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluation/boundary_scores.hpp"
#include "evaluation/region_scores.hpp"
#include "runtime/communicator.hpp"

namespace eigenprop {

/// Scores of all ranks' images in rank order, on every rank. Collective over `comm`.
std::vector<ImageScores> gather_scores(const std::vector<ImageScores>& own,
                                       const Communicator& comm);

/// The same of counts of boundary pixels.
std::vector<BoundaryCounts> gather_counts(const std::vector<BoundaryCounts>& own,
                                          const Communicator& comm);

/// The longest list of scales of any rank. Collective over `comm`.
std::vector<double> gather_scales(const std::vector<double>& own, const Communicator& comm);

/// Writes a summary (format "eigenprop-evaluation", version 1): scalar attributes of /summary, and
/// /scales/{scale,covering,rand,information}, /images/{name,scale,recall,precision,
/// table2_average,table2_best,coverings}. With boundaries also /summary's
/// boundary_{f_ods,f_ois,area,...}, /boundaries/{scale,recall,precision,f} and
/// /images/boundary_{scale,recall,precision,f}. Replaces an older file in one step.
void write_evaluation(const std::string& path, const Summary& summary,
                      const std::optional<BoundarySummary>& boundaries,
                      const std::vector<std::string>& names, const std::string& configuration);

}  // namespace eigenprop
