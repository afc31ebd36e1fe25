package dev.backfill.examples.benchmark;

import java.time.Duration;
import java.util.List;

/**
 * How a contender treated a standby.
 *
 * @param linkUsed the share of the link that was used after the start and outside the pause
 * @param lagP50 in seconds, over the whole run, as p95 and max
 * @param aboveLimit the share of the time outside the pause during which the lag was above the
 *     limit
 * @param maxOutsidePause the worst lag that the pause is no excuse for
 * @param walInPause bytes that the primary wrote while replay stood still
 */
record LinkResult(
    String scenario,
    String contender,
    double seconds,
    long rows,
    double linkUsed,
    double lagP50,
    double lagP95,
    double lagMax,
    double maxOutsidePause,
    double aboveLimit,
    long walInPause) {
  private static final double START_SECONDS = 10;

  static LinkResult of(
      LinkScenario scenario,
      Contender contender,
      Duration limit,
      double planned,
      long rows,
      List<LinkSample> samples) {
    double limitSeconds = limit.toMillis() / 1000.0;
    double start = Math.min(START_SECONDS, planned / 4);
    double possible = 0;
    double passed = 0;
    double outside = 0;
    double above = 0;
    long walInPause = 0;
    for (int i = 1; i < samples.size(); i++) {
      LinkSample last = samples.get(i - 1);
      LinkSample now = samples.get(i);
      double time = now.second() - last.second();
      if (last.paused()) {
        walInPause += now.walBytes() - last.walBytes();
        continue;
      }
      outside += time;
      above += now.lagSeconds() > limitSeconds ? time : 0;
      if (last.second() >= start) {
        possible += last.linkRate() * time;
        passed += now.linkBytes() - last.linkBytes();
      }
    }
    double[] lags = samples.stream().mapToDouble(LinkSample::lagSeconds).sorted().toArray();
    return new LinkResult(
        scenario.name(),
        contender.name(),
        samples.get(samples.size() - 1).second(),
        rows,
        possible == 0 ? 0 : passed / possible,
        percentile(lags, 0.5),
        percentile(lags, 0.95),
        percentile(lags, 1),
        samples.stream()
            .filter(s -> !s.paused())
            .mapToDouble(LinkSample::lagSeconds)
            .max()
            .orElse(0),
        outside == 0 ? 0 : above / outside,
        walInPause);
  }

  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
