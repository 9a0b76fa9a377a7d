-- One row per figure, period and document that states it.
{{ stage('external_figures', 'statements') }}
