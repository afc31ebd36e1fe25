package dev.backfill.spring;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Everything under {@code backfill.}; what is not known here is refused, since a typo would
 * otherwise be dropped without a word.
 *
 * @param enabled Whether backfills run at all. Checked when the application runs, not when it is
 *     compiled ahead of time.
 * @param startup What to do with the backfills when the application starts.
 * @param expand When the new columns are added.
 * @param datasource Name of the DataSource bean to run on. Needed where there are several and none
 *     is primary, and for one that routes.
 * @param stateSchema Schema of the runs' state, created on first use.
 * @param health What the health endpoint says.
 * @param definitions Backfills by a name of your choice, without dots.
 */
@ConfigurationProperties(prefix = "backfill", ignoreUnknownFields = false)
public record BackfillProperties(
    @DefaultValue("true") boolean enabled,
    @DefaultValue("background") Startup startup,
    @DefaultValue("background") Expand expand,
    @Nullable String datasource,
    @DefaultValue("backfill") String stateSchema,
    @DefaultValue Health health,
    @DefaultValue Map<String, DefinitionProperties> definitions) {

  /**
   * What the health endpoint says.
   *
   * @param downWhenFailed Whether a failed backfill makes the application's health DOWN. Without it
   *     the status is FAILED, which leaves the aggregate alone.
   */
  public record Health(@DefaultValue("false") boolean downWhenFailed) {}
}
